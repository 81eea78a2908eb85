-- The five works in the language of the product's REST interface.

local newOrder = '{"number":"N%d","customer":"%s","company":1,"note":"bench","lines":['
  .. '{"product":"Product 1","quantity":2,"price":"10.50"},'
  .. '{"product":"Product 2","quantity":1,"price":"3.25"},'
  .. '{"product":"Product 3","quantity":7,"price":"1.10"}]}'

local list = "/api/bench/orders?select=number,status,orderDate,note,total,version,customer.name,"
  .. "lines.product,lines.quantity,lines.price&orderBy=-orderDate&limit=20&status="

local totals = "/api/bench/orders?group=status&aggregates=orders:count,total:sum(total)"
  .. "&orderDate[gte]=%sT00:00:00.000Z&orderDate[lt]=%sT00:00:00.000Z"

-- The ids of sql/product.sql: UUID v7 whose time part counts the records of one kind.
local function id(kind, n)
  return string.format("018cc251-f4%02x-7000-8000-%012x", kind, n)
end

local customerKind, orderKind = 1, 2

return {
  W1 = function(dataset)
    return function() return wrk.format("GET", "/api/bench/orders/" .. id(orderKind, dataset.order())) end
  end,
  W2 = function(dataset)
    return function() return wrk.format("GET", list .. dataset.status()) end
  end,
  W3 = function(dataset)
    local count = dataset.counter()
    return function()
      return wrk.format("POST", "/api/bench/orders", nil,
        string.format(newOrder, count(), id(customerKind, dataset.customer())))
    end
  end,
  W4 = function(dataset, first, last)
    local next = dataset.updates(first, last)
    return function()
      local order, version, n = next()
      return wrk.format("PATCH", "/api/bench/orders/" .. id(orderKind, order), nil,
        string.format('{"version":%d,"note":"changed %d"}', version, n))
    end
  end,
  W5 = function(dataset)
    return function()
      local first, afterLast = dataset.thirtyDays()
      return wrk.format("GET", string.format(totals, first, afterLast))
    end
  end,
}
