local id, revision, tombstones, stamp = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4]
if is_removed(revision) then
  return {'OK'}
end
local entry = entry_of(id)
if entry then
  if entry.revision ~= revision then
    return {'OTHER'}
  end
  local standing = labels_of(id)
  if #standing > 0 then
    return {'LABELLED', unpack(standing)}
  end
  drop_content(entry)
  redis.call('HDEL', versions, id)
end
redis.call('ZADD', removed, now, revision)
redis.call('ZREMRANGEBYRANK', removed, 0, -tombstones - 1)
changed(stamp)
return {'OK'}
