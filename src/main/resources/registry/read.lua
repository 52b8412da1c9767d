local found = redis.call('HGETALL', versions)
local answer = {redis.call('GET', prefix .. 'stamp') or '', tostring(#found / 2)}
for _, part in ipairs(found) do
  answer[#answer + 1] = part
end
local named = redis.call('HGETALL', labels)
answer[#answer + 1] = tostring(#named / 2)
for _, part in ipairs(named) do
  answer[#answer + 1] = part
end
for _, revision in ipairs(ARGV) do
  if is_removed(revision) then
    answer[#answer + 1] = revision
  end
end
return answer
