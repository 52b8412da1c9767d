-- Who takes it may not hear the answer and ask again: until it confirms, it is given it again.
local taker, taken = ARGV[2], prefix .. 'taken:' .. id
local blob = redis.call('HGET', entry, 'sequence')
if blob then
  local left = string.format('%.0f', redis.call('PTTL', entry))
  finish(id, 0)
  redis.call('HSET', taken, 'taker', taker, 'sequence', blob, 'left', left)
  redis.call('PEXPIRE', taken, ARGV[3])
  return {'OK', blob, left}
end
if redis.call('HGET', taken, 'taker') == taker then
  return {'OK', redis.call('HGET', taken, 'sequence'), redis.call('HGET', taken, 'left')}
end
return missing()
