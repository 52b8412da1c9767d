if redis.call('EXISTS', entry) == 0 then
  return missing()
end
return {'OK', finish(id, 0)}
