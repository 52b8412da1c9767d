local id, owner, revision, bytes = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
local ttl, max = tonumber(ARGV[5]), tonumber(ARGV[6])
local holder = claim_of(id)
if not is_free(id, revision) or (holder and holder ~= owner) then
  return {'TAKEN'}
end
if bytes > 0 then
  local used = tonumber(redis.call('GET', prefix .. 'bytes') or '0')
  for _, other in ipairs(redis.call('HKEYS', claims)) do
    local _, reserved = claim_of(other)
    if other ~= id then
      used = used + (reserved or 0)
    end
  end
  if used + bytes > max then
    return {'FULL', string.format('%.0f', used)}
  end
end
set_claim(id, owner, ttl, bytes)
return {'OK'}
