local value = redis.call('HGET', content_key(ARGV[1]), ARGV[2])
return value and {value} or {}
