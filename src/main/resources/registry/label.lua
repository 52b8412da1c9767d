-- label
-- Says which version a label stands for; 0 where for none any more.
local model, label, version, stamp = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
if version ~= '0' and redis.call('HEXISTS', versions, model .. '/' .. version) == 0 then
  return {'MISSING'}
end
redis.call('HSET', labels, model .. '/' .. label, version)
changed(stamp)
return {'OK'}
