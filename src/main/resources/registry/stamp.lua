return {redis.call('GET', prefix .. 'stamp') or ''}
