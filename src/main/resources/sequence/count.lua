return {tostring(total('count:' .. ARGV[2]))}
