//! What must happen in one piece. Each script that takes or removes first looks
//! whether the caller still owns the queue, so that a worker that was paused
//! cannot touch what another has taken over.

use deadpool_redis::redis::Script;

/// All scripts.
#[derive(Debug, Clone)]
pub(super) struct Scripts {
    /// Adds items unless the queue is too deep.
    ///
    /// Keys: queue, added. Arguments: depth limit, items in order. Answers
    /// `{number of the last item, or -1, depth}`.
    pub(super) push: Script,
    /// Takes up to so many items into the worker's processing list.
    ///
    /// Keys: owner, queue, processing, taken. Arguments: worker, how many, how
    /// many of the processing list's newest are to be numbered as well. Answers
    /// `false` for a worker that is not the owner, else
    /// `{number of the last item as text, items…}`.
    pub(super) take: Script,
    /// Removes the oldest of the worker's processing list and notes the
    /// frontier.
    ///
    /// Keys: owner, processing, committed, removed. Arguments: worker, how many,
    /// frontier. Answers how many were removed, -1 for a worker that is not the
    /// owner.
    pub(super) commit: Script,
    /// Moves other workers' processing lists into the owner's, oldest first.
    ///
    /// Keys: owner, processing, others…. Arguments: worker. Answers how many
    /// were moved, -1 for a worker that is not the owner.
    pub(super) adopt: Script,
    /// What the owner has taken and not committed.
    ///
    /// Keys: owner, processing, committed. Arguments: worker. Answers `false`
    /// for a worker that is not the owner, else `{frontier, items…}`, newest
    /// first.
    pub(super) review: Script,
    /// Numbers items.
    ///
    /// Keys: owner, taken. Arguments: worker, how many. Answers the last number,
    /// -1 for a worker that is not the owner.
    pub(super) number: Script,
    /// Renews the lease of the owner, and the heartbeat of any worker.
    ///
    /// Keys: owner, heartbeat. Arguments: worker, lease in ms, 1 to become the
    /// owner when there is none. Answers 1 for the owner.
    pub(super) renew: Script,
    /// Gives the queue up.
    ///
    /// Keys: owner, heartbeat. Arguments: worker.
    pub(super) release: Script,
    /// Counts everything at one moment.
    ///
    /// Keys: queue, added, removed, processing lists…. Answers
    /// `{added, removed, waiting, processing}`.
    pub(super) balance: Script,
    /// Returns a processing list to the tail of the queue, its oldest item to
    /// be taken first.
    ///
    /// Keys: processing, queue. Answers how many were returned.
    pub(super) reap: Script,
}

impl Default for Scripts {
    fn default() -> Self {
        Self {
            push: Script::new(PUSH),
            take: Script::new(TAKE),
            commit: Script::new(COMMIT),
            adopt: Script::new(ADOPT),
            review: Script::new(REVIEW),
            number: Script::new(NUMBER),
            renew: Script::new(RENEW),
            release: Script::new(RELEASE),
            balance: Script::new(BALANCE),
            reap: Script::new(REAP),
        }
    }
}

const PUSH: &str = "
local depth = redis.call('LLEN', KEYS[1])
local count = #ARGV - 1
if depth + count > tonumber(ARGV[1]) then return {-1, depth} end
for first = 2, #ARGV, 500 do
  redis.call('LPUSH', KEYS[1], unpack(ARGV, first, math.min(first + 499, #ARGV)))
end
return {redis.call('INCRBY', KEYS[2], count), depth + count}";

const TAKE: &str = "
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return false end
local taken = {'0'}
for i = 1, tonumber(ARGV[2]) do
  local item = redis.call('LMOVE', KEYS[2], KEYS[3], 'RIGHT', 'LEFT')
  if not item then break end
  taken[i + 1] = item
end
local count = #taken - 1 + tonumber(ARGV[3])
if count > 0 then taken[1] = string.format('%.0f', redis.call('INCRBY', KEYS[4], count)) end
return taken";

const COMMIT: &str = "
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return -1 end
redis.call('SET', KEYS[3], ARGV[3], 'EX', 86400)
local removed = redis.call('RPOP', KEYS[2], ARGV[2])
local count = removed and #removed or 0
redis.call('INCRBY', KEYS[4], count)
return count";

const ADOPT: &str = "
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return -1 end
local moved = 0
for other = 3, #KEYS do
  while redis.call('LMOVE', KEYS[other], KEYS[2], 'RIGHT', 'LEFT') do moved = moved + 1 end
end
return moved";

const REVIEW: &str = "
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return false end
local found = redis.call('LRANGE', KEYS[2], 0, -1)
table.insert(found, 1, redis.call('GET', KEYS[3]) or '0')
return found";

const NUMBER: &str = "
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return -1 end
return redis.call('INCRBY', KEYS[2], ARGV[2])";

const RENEW: &str = "
redis.call('SET', KEYS[2], '1', 'PX', ARGV[2])
local owner = redis.call('GET', KEYS[1])
if owner == ARGV[1] then
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
  return 1
end
if not owner and ARGV[3] == '1' then
  redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
  return 1
end
return 0";

const RELEASE: &str = "
redis.call('DEL', KEYS[2])
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
return 1";

const REAP: &str = "
local returned = 0
while redis.call('LMOVE', KEYS[1], KEYS[2], 'LEFT', 'RIGHT') do returned = returned + 1 end
return returned";

const BALANCE: &str = "
local processing = 0
for list = 4, #KEYS do processing = processing + redis.call('LLEN', KEYS[list]) end
local added = tonumber(redis.call('GET', KEYS[2]) or 0)
local removed = tonumber(redis.call('GET', KEYS[3]) or 0)
return {added, removed, redis.call('LLEN', KEYS[1]), processing}";
