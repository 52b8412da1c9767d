-- What all scripts of the sequence store share. A script runs alone, so what it does happens
-- wholly or not at all; time is the server's, the same for every process.
local entry, prefix = KEYS[1], KEYS[2]
local deadlines, openings = prefix .. 'deadlines', prefix .. 'openings'
local sizes, totals, expired = prefix .. 'sizes', prefix .. 'totals', prefix .. 'expired'
local id = ARGV[1]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local function total(field)
  return tonumber(redis.call('HGET', totals, field) or '0')
end

local function add(field, amount)
  if redis.call('HINCRBY', totals, field, amount) == 0 then
    redis.call('HDEL', totals, field)
  end
end

-- Whose a sequence is; nil where it is nobody's own.
local function owner_of(sequence)
  return string.match(sequence, '^([^/]+)/')
end

local function size_of(sequence)
  local size = redis.call('HGET', sizes, sequence)
  if not size then
    return nil
  end
  local bytes, model = string.match(size, '^(%d+) (.+)$')
  return tonumber(bytes), model
end

-- The one place where a sequence ends; the model that it was of.
local function finish(sequence, tombstones)
  local bytes, model = size_of(sequence)
  if not model then
    return nil
  end
  redis.call('DEL', prefix .. 'sequence:' .. sequence)
  redis.call('HDEL', sizes, sequence)
  redis.call('ZREM', deadlines, sequence)
  redis.call('ZREM', openings, sequence)
  add('count', -1)
  add('bytes', -bytes)
  add('count:' .. model, -1)
  add('bytes:' .. model, -bytes)
  if owner_of(sequence) then
    add('owned:' .. owner_of(sequence), -1)
  end
  if tombstones > 0 then
    redis.call('ZADD', expired, now, sequence)
    redis.call('ZREMRANGEBYRANK', expired, 0, -tombstones - 1)
  end
  return model
end

-- Redis drops the state of what expires by itself; this takes it off the books.
local function sweep(limit, tombstones)
  local models = {}
  for _, sequence in ipairs(redis.call('ZRANGEBYSCORE', deadlines, '-inf', now, 'LIMIT', 0, limit)) do
    models[#models + 1] = finish(sequence, tombstones)
  end
  return models
end

local function missing()
  if redis.call('ZSCORE', deadlines, id) or redis.call('ZSCORE', expired, id) then
    return {'EXPIRED'}
  end
  return {'UNKNOWN'}
end

local function keep(revision, blob, ttl)
  local deadline = string.format('%.0f', now + ttl)
  redis.call('HSET', entry, 'revision', revision, 'sequence', blob)
  redis.call('PEXPIREAT', entry, deadline)
  redis.call('ZADD', deadlines, deadline, id)
end

local function note_size(bytes, model)
  redis.call('HSET', sizes, id, bytes .. ' ' .. model)
end

-- The sequence that would expire first, of the model or of any, but not this one.
local function victim(model)
  for _, sequence in ipairs(redis.call('ZRANGE', deadlines, 0, model and 999 or 1)) do
    local _, other = size_of(sequence)
    if sequence ~= id and (not model or other == model) then
      return sequence
    end
  end
  return nil
end

-- Frees what has expired, and where it may ends others, until so much more fits; whether it does, and
-- else the bound that is passed. A bound is {total, more, maximum, model or nil where it is of all
-- models}; one that is an owner's own has others end nothing.
local function make_room(bounds, evicts, tombstones, answer)
  local function exceeded()
    for _, bound in ipairs(bounds) do
      if bound[2] > 0 and total(bound[1]) + bound[2] > bound[3] then
        return bound
      end
    end
    return nil
  end
  if not exceeded() then
    return true
  end
  for _, swept in ipairs(sweep(64, tombstones)) do
    answer[#answer + 1] = 'EXPIRED ' .. swept
  end
  local bound = exceeded()
  while bound do
    local sequence = evicts and not bound.owned and victim(bound[4]) or nil
    if not sequence then
      return false, bound
    end
    answer[#answer + 1] = 'EVICTED ' .. finish(sequence, tombstones)
    bound = exceeded()
  end
  return true
end
