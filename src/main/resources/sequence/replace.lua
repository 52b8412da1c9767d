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
local more = bytes - size_of(id)
if more > 0 and (total('bytes:' .. model) + more > tonumber(ARGV[8])
    or total('bytes') + more > tonumber(ARGV[9])) then
  return {'FULL'}
end
keep(revision, blob, bytes, model, tonumber(ARGV[7]))
if more ~= 0 then
  add('bytes', more)
  add('bytes:' .. model, more)
end
return {'OK'}
