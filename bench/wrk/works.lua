-- wrk -s works.lua URL -- SUBJECT WORK PHASE
-- Sends one work's requests in one subject's language.
-- PHASE is "warm" or "measure": they update different orders, so that each can foresee the versions it will find.

local report = require("load-report")
local dataset = require("dataset")

function init(args)
  math.randomseed(42)
  local subject = require(args[1])
  local phase = args[3]
  local work = subject[args[2]](dataset, phase)
  local token = os.getenv("BENCH_TOKEN")
  if token then wrk.headers["Authorization"] = "Bearer " .. token end
  wrk.headers["Content-Type"] = "application/json"
  request = work
end

done = report.done
