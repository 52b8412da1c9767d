local revision, blob, bytes, model, ttl = ARGV[2], ARGV[3], tonumber(ARGV[4]), ARGV[5], tonumber(ARGV[6])
local tombstones = tonumber(ARGV[12])
local bounds = {
  {'count:' .. model, 1, tonumber(ARGV[7]), model}, {'count', 1, tonumber(ARGV[8])},
  {'bytes:' .. model, bytes, tonumber(ARGV[9]), model}, {'bytes', bytes, tonumber(ARGV[10])},
}
local owner = owner_of(id)
if owner then
  table.insert(bounds, 1, {'owned:' .. owner, 1, tonumber(ARGV[14]), owned = true})
end

local known = redis.call('HGET', entry, 'revision')
if known then
  -- The same again: a connection broke before its answer came.
  return {known == revision and 'OK' or 'EXISTS'}
end
local answer = {'OK'}
local former = finish(id, 0)
if former then
  answer[2] = 'EXPIRED ' .. former
end
local fits = bytes <= math.min(tonumber(ARGV[9]), tonumber(ARGV[10]))
local has_room, passed = make_room(bounds, fits and ARGV[11] == '1', tombstones, answer)
if not has_room then
  answer[1] = passed.owned and 'OWNER_FULL' or 'FULL'
  return answer
end
keep(revision, blob, ttl)
note_size(bytes, model)
redis.call('ZADD', openings, ARGV[13], id)
redis.call('ZREM', expired, id)
add('count', 1)
add('bytes', bytes)
add('count:' .. model, 1)
add('bytes:' .. model, bytes)
if owner then
  add('owned:' .. owner, 1)
end
return answer
