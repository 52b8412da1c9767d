local before, revision, blob, bytes, model = ARGV[2], ARGV[3], ARGV[4], tonumber(ARGV[5]), ARGV[6]
local known = redis.call('HGET', entry, 'revision')
if not known then
  return missing()
end
if known == revision then
  -- The same again: a connection broke before its answer came.
  return {'OK'}
end
if known ~= before then
  return {'CONFLICT'}
end
local ttl = tonumber(ARGV[7])
local more = bytes - size_of(id)
if more == 0 then
  -- Most steps: nothing to count anew.
  keep(revision, blob, ttl)
  return {'OK'}
end
local max_of_model, max = tonumber(ARGV[8]), tonumber(ARGV[9])
local bounds = {{'bytes:' .. model, more, max_of_model, model}, {'bytes', more, max}}
local answer = {'OK'}
local fits = bytes <= math.min(max_of_model, max)
if not make_room(bounds, fits and ARGV[10] == '1', tonumber(ARGV[11]), answer) then
  answer[1] = 'FULL'
  return answer
end
keep(revision, blob, ttl)
note_size(bytes, model)
add('bytes', more)
add('bytes:' .. model, more)
return answer
