-- Compared as text: a number of a version may be larger than a number of Lua.
local start = ARGV[1] .. '/'
local numbers = {}
for _, hash in ipairs({versions, claims}) do
  for _, id in ipairs(redis.call('HKEYS', hash)) do
    if string.sub(id, 1, #start) == start then
      numbers[#numbers + 1] = string.sub(id, #start + 1)
    end
  end
end
return numbers
