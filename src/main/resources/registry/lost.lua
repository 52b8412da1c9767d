local id, revision, content, stamp = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local entry = entry_of(id)
if not entry or entry.revision ~= revision or entry.content ~= content then
  return {'OTHER'}
end
drop_content(entry)
set_entry(id, revision, entry.digest, string.format('%.0f', entry.bytes), '?')
changed(stamp)
return {'OK'}
