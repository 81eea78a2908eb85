-- wrk -s paths.lua URL
-- Asks for the paths in the file BENCH_PATHS, one a line, round and round, in an order that mixes them.

local report = require("load-report")
local paths = {}

function init()
  math.randomseed(42)
  for path in io.lines(os.getenv("BENCH_PATHS")) do paths[#paths + 1] = path end
  wrk.headers["Authorization"] = "Bearer " .. os.getenv("BENCH_TOKEN")
end

function request() return wrk.format("GET", paths[math.random(1, #paths)]) end

done = report.done
