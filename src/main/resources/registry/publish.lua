local id, owner, revision, digest, bytes = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local content, fields, stamp = ARGV[6], tonumber(ARGV[7]), ARGV[8]
local entry = entry_of(id)
if entry and entry.revision == revision and entry.content == content then
  -- The same again: a connection broke before its answer came.
  return {'OK'}
end
local holder = claim_of(id)
if not is_free(id, revision) or (holder and holder ~= owner) then
  return {'TAKEN'}
end
if content ~= '-' then
  if redis.call('HLEN', content_key(content)) ~= fields then
    return {'INCOMPLETE'}
  end
  redis.call('PERSIST', content_key(content))
  redis.call('INCRBY', prefix .. 'bytes', bytes)
end
set_entry(id, revision, digest, bytes, content)
redis.call('HDEL', claims, id)
changed(stamp)
return {'OK'}
