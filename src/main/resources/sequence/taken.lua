redis.call('DEL', prefix .. 'taken:' .. id)
return {'OK'}
