-- What the languages of all subjects have in common: the size of the data and the order in which it is touched.

local dataset = { customers = 10000, orders = 100000 }

local statuses = { "draft", "confirmed", "shipped", "invoiced", "cancelled" }

function dataset.customer() return math.random(1, dataset.customers) end

function dataset.order() return math.random(1, dataset.orders) end

function dataset.status() return statuses[math.random(1, #statuses)] end

-- The first of thirty days and the one after the last, as YYYY-MM-DD; all of them have orders.
function dataset.thirtyDays()
  local first = os.time({ year = 2024, month = math.random(1, 12), day = math.random(1, 28), hour = 12 })
  return os.date("!%Y-%m-%d", first), os.date("!%Y-%m-%d", first + 30 * 24 * 60 * 60)
end

-- Gives (order, version, count): every order from the first to the last once with version 1, then every one with version 2, and so on.
-- wrk calls request() once before it starts, to look at it, and never sends that one.
function dataset.updates(first, last)
  local size = last - first + 1
  local calls = -1
  return function()
    calls = calls + 1
    local n = math.max(calls - 1, 0)
    -- 7919 is prime and divides no size in use: neighbours in time are not neighbours on a page
    return first + (n * 7919) % size, 1 + math.floor(n / size), n
  end
end

function dataset.counter()
  local n = 0
  return function() n = n + 1; return n end
end

return dataset
