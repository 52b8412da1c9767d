-- Some of the open sequences in the order in which they were opened, without their states: at most
-- a limit of those that follow a place, as far as one look goes. First where the look ended, or
-- nothing where it came to the end.
local score, after, limit, model = ARGV[2], ARGV[3], tonumber(ARGV[4]), ARGV[5]
local look, head, owner = tonumber(ARGV[6]), tonumber(ARGV[7]), ARGV[8]
local rank = 0
if after ~= '' then
  -- No id has such a byte: this stands right behind the place, whether or not its sequence is open.
  local behind = after .. '\0'
  redis.call('ZADD', openings, score, behind)
  rank = redis.call('ZRANK', openings, behind)
  redis.call('ZREM', openings, behind)
end
local places = redis.call('ZRANGE', openings, rank, rank + look - 1, 'WITHSCORES')
local answer = {'', ''}
for i = 1, #places, 2 do
  local sequence = places[i]
  local bytes, of = size_of(sequence)
  if of and (owner_of(sequence) or '') == owner and (model == '' or string.sub(of, 1, #model + 1) == model .. '/') then
    local blob = redis.call('HGET', prefix .. 'sequence:' .. sequence, 'sequence')
    if blob then
      answer[#answer + 1] = tostring(bytes)
      answer[#answer + 1] = string.sub(blob, 1, head)
    end
  end
  if #answer == 2 + 2 * limit or i + 1 == 2 * look then
    answer[1], answer[2] = sequence, places[i + 1]
    break
  end
end
return answer
