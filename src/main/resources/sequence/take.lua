local blob = redis.call('HGET', entry, 'sequence')
if blob then
  finish(id, 0)
  return {'OK', blob}
end
return missing()
