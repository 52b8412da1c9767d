-- label
-- Says what a label stands for; 0 where for nothing any more.
local model, label, target, stamp = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local version = string.match(target, '^%d+')
if version ~= '0' and redis.call('HEXISTS', versions, model .. '/' .. version) == 0 then
  return {'MISSING'}
end
-- Whoever asks has looked at this, too, but may not have heard of another's label yet.
local weight = weight_of(target)
local others = weights_of(model, label)
if weight > 0 and others + weight > 1 + 1e-9 then
  return {'HEAVY', string.format('%.17g', others)}
end
redis.call('HSET', labels, model .. '/' .. label, target)
changed(stamp)
return {'OK'}
