local blob = redis.call('HGET', entry, 'sequence')
if blob then
  return {'OK', blob}
end
return missing()
