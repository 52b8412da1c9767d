local oldest = redis.call('ZRANGE', openings, 0, 0, 'WITHSCORES')
return {tostring(total('count')), tostring(total('bytes')), oldest[2] or ''}
