return sweep(tonumber(ARGV[2]), tonumber(ARGV[3]))
