-- The five works in the language of the reference's server: the baseline's, but for the names in a new order.

local works = {}
for name, work in pairs(require("baseline")) do works[name] = work end

local newOrder = '{"number":"N%d","customer_id":%d,"note":"bench","lines":['
  .. '{"product":"Product 1","qty":2,"price":10.50},'
  .. '{"product":"Product 2","qty":1,"price":3.25},'
  .. '{"product":"Product 3","qty":7,"price":1.10}]}'

function works.W3(dataset)
  local count = dataset.counter()
  return function() return wrk.format("POST", "/orders", nil, string.format(newOrder, count(), dataset.customer())) end
end

return works
