-- What all scripts of the replicas' catalog share. A script runs alone, so what it does happens
-- wholly or not at all; time is the server's, whatever the replicas' clocks say.
--
--   versions  hash: <model>/<version> to '<revision> <digest> <bytes> <content>'; content is '-'
--             where the replicas share a folder, '?' where the bytes were lost
--   claims    hash: <model>/<version> to '<owner> <deadline> <bytes>'
--   removed   sorted set of revisions that were taken away, by time
--   bytes     of all content
--   labels    hash: <model>/<label> to what it stands for: the number of the version, and its
--             weight and shadow if it has them ('2 weight=0.1 shadow=0.5'); '0' where it was
--             taken away; what is not there was never known, or lost
--   stamp     of the last change
--   content:* hash: 'manifest', and the chunks by their numbers from 0
local prefix = KEYS[1]
local versions, claims, removed = prefix .. 'versions', prefix .. 'claims', prefix .. 'removed'
local labels = prefix .. 'labels'
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local function entry_of(id)
  local value = redis.call('HGET', versions, id)
  if not value then
    return nil
  end
  local revision, digest, bytes, content = string.match(value, '^(%S+) (%S+) (%S+) (%S+)$')
  return {revision = revision, digest = digest, bytes = tonumber(bytes), content = content}
end

local function set_entry(id, revision, digest, bytes, content)
  redis.call('HSET', versions, id, table.concat({revision, digest, bytes, content}, ' '))
end

local function content_key(content)
  return prefix .. 'content:' .. content
end

local function drop_content(entry)
  if entry.content ~= '-' and entry.content ~= '?' then
    redis.call('UNLINK', content_key(entry.content))
    redis.call('DECRBY', prefix .. 'bytes', string.format('%.0f', entry.bytes))
  end
end

-- Owner and bytes of a claim that has not run out.
local function claim_of(id)
  local value = redis.call('HGET', claims, id)
  if not value then
    return nil
  end
  local owner, deadline, bytes = string.match(value, '^(%S+) (%S+) (%S+)$')
  if tonumber(deadline) <= now then
    redis.call('HDEL', claims, id)
    return nil
  end
  return owner, tonumber(bytes)
end

local function set_claim(id, owner, ttl, bytes)
  redis.call('HSET', claims, id, string.format('%s %.0f %.0f', owner, now + ttl, bytes))
end

local function is_removed(revision)
  return redis.call('ZSCORE', removed, revision)
end

-- Whether a revision may have a number: nobody has it, or it has, and its bytes were lost.
local function is_free(id, revision)
  local entry = entry_of(id)
  return not is_removed(revision)
    and (not entry or (entry.revision == revision and entry.content == '?'))
end

-- The labels that stand for a version, by name.
local function labels_of(id)
  local model, version = string.match(id, '^(.*)/(%d+)$')
  local standing = {}
  local all = redis.call('HGETALL', labels)
  for i = 1, #all, 2 do
    local own, label = string.match(all[i], '^(.*)/(.*)$')
    if own == model and string.match(all[i + 1], '^%d+') == version then
      standing[#standing + 1] = label
    end
  end
  table.sort(standing)
  return standing
end

local function weight_of(target)
  return tonumber(string.match(target, ' weight=(%S+)') or '0')
end

-- What the weights of a model's labels but one add to.
local function weights_of(model, but)
  local sum = 0
  local all = redis.call('HGETALL', labels)
  for i = 1, #all, 2 do
    local own, label = string.match(all[i], '^(.*)/(.*)$')
    if own == model and label ~= but then
      sum = sum + weight_of(all[i + 1])
    end
  end
  return sum
end

local function changed(stamp)
  redis.call('SET', prefix .. 'stamp', stamp)
  redis.call('PUBLISH', prefix .. 'changes', stamp)
end
