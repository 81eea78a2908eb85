-- What the languages of all subjects share: the size of the data and the order in which it is touched.

local shared = { customers = 10000, orders = 100000 }

local statuses = { "draft", "confirmed", "shipped", "invoiced", "cancelled" }

-- Orders that the warm-up updates; the measured updates take the others.
local warmed = 20000

function shared.customer() return math.random(1, shared.customers) end

function shared.order() return math.random(1, shared.orders) end

function shared.status() return statuses[math.random(1, #statuses)] end

-- The first of thirty days and the one after the last, as YYYY-MM-DD; all of them have orders.
function shared.thirtyDays()
  local first = os.time({ year = 2024, month = math.random(1, 12), day = math.random(1, 28), hour = 12 })
  return os.date("!%Y-%m-%d", first), os.date("!%Y-%m-%d", first + 30 * 24 * 60 * 60)
end

-- Gives (order, version, count): every order of the phase once with version 1, then every one with version 2, and so on.
-- wrk calls request() once before it starts, to look at it, and never sends that one.
function shared.updates(phase)
  local first = phase == "warm" and 1 or warmed + 1
  local size = phase == "warm" and warmed or shared.orders - warmed
  local calls = -1
  return function()
    calls = calls + 1
    local n = math.max(calls - 1, 0)
    -- 7919 is prime and divides neither size: neighbours in time are not neighbours on a page
    return first + (n * 7919) % size, 1 + math.floor(n / size), n
  end
end

function shared.counter()
  local n = 0
  return function() n = n + 1; return n end
end

return shared
