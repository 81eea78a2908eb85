-- The five works in the language of baseline/server.ts.

local newOrder = '{"number":"N%d","customer":%d,"note":"bench","lines":['
  .. '{"product":"Product 1","quantity":2,"price":"10.50"},'
  .. '{"product":"Product 2","quantity":1,"price":"3.25"},'
  .. '{"product":"Product 3","quantity":7,"price":"1.10"}]}'

return {
  W1 = function(dataset)
    return function() return wrk.format("GET", "/orders/" .. dataset.order()) end
  end,
  W2 = function(dataset)
    return function() return wrk.format("GET", "/orders?status=" .. dataset.status()) end
  end,
  W3 = function(dataset)
    local count = dataset.counter()
    return function() return wrk.format("POST", "/orders", nil, string.format(newOrder, count(), dataset.customer())) end
  end,
  W4 = function(dataset, first, last)
    local next = dataset.updates(first, last)
    return function()
      local order, version, n = next()
      return wrk.format("PATCH", "/orders/" .. order, nil, string.format('{"version":%d,"note":"changed %d"}', version, n))
    end
  end,
  W5 = function(dataset)
    return function() return wrk.format("GET", "/orders?from=" .. (dataset.thirtyDays())) end
  end,
}
