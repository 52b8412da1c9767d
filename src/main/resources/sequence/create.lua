local revision, blob, bytes, model, ttl = ARGV[2], ARGV[3], tonumber(ARGV[4]), ARGV[5], tonumber(ARGV[6])
local max = {
  {'count:' .. model, 1, tonumber(ARGV[7])}, {'count', 1, tonumber(ARGV[8])},
  {'bytes:' .. model, bytes, tonumber(ARGV[9])}, {'bytes', bytes, tonumber(ARGV[10])},
}
local evicts, tombstones = ARGV[11] == '1', tonumber(ARGV[12])

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

local function exceeded()
  for index, bound in ipairs(max) do
    if total(bound[1]) + bound[2] > bound[3] then
      return index
    end
  end
  return nil
end

-- Of the model, or of any, the sequence that would expire first.
local function victim(of_model)
  for _, sequence in ipairs(redis.call('ZRANGE', deadlines, 0, of_model and 999 or 0)) do
    local _, other = size_of(sequence)
    if not of_model or other == model then
      return sequence
    end
  end
  return nil
end

for _, swept in ipairs(sweep(64, tombstones)) do
  answer[#answer + 1] = 'EXPIRED ' .. swept
end
local bound = exceeded()
while bound do
  local room = evicts and bytes <= max[3][3] and bytes <= max[4][3]
  local sequence = room and victim(bound % 2 == 1) or nil
  if not sequence then
    answer[1] = 'FULL'
    return answer
  end
  answer[#answer + 1] = 'EVICTED ' .. finish(sequence, tombstones)
  bound = exceeded()
end

keep(revision, blob, bytes, model, ttl)
redis.call('ZADD', openings, ARGV[13], id)
redis.call('ZREM', expired, id)
add('count', 1)
add('bytes', bytes)
add('count:' .. model, 1)
add('bytes:' .. model, bytes)
return answer
