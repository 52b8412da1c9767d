local id, owner, ttl, field, data = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
if claim_of(id) ~= owner then
  return {'LOST'}
end
redis.call('HSET', content_key(owner), field, data)
redis.call('PEXPIRE', content_key(owner), ttl)
return {'OK'}
