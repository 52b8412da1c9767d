-- offer
-- Says the same of labels that nothing is known of; they follow the stamp, each with what it stands for.
local is_new = false
for i = 2, #ARGV, 2 do
  is_new = redis.call('HSETNX', labels, ARGV[i], ARGV[i + 1]) == 1 or is_new
end
if is_new then
  changed(ARGV[1])
end
return {'OK'}
