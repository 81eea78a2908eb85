-- wrk -s works.lua URL -- SUBJECT WORK FIRST LAST
-- Sends one work's requests in one subject's language.
-- Updates change the orders from FIRST to LAST, which nobody has changed before: so the load foresees the versions it will find.

local report = require("load-report")
local dataset = require("dataset")

function init(args)
  math.randomseed(42)
  local subject = require(args[1])
  local work = subject[args[2]](dataset, tonumber(args[3]), tonumber(args[4]))
  local token = os.getenv("BENCH_TOKEN")
  if token then wrk.headers["Authorization"] = "Bearer " .. token end
  wrk.headers["Content-Type"] = "application/json"
  request = work
end

done = report.done
