-- wrk -s load.lua URL -- SUBJECT WORK PHASE
-- Sends one work's requests in one subject's language and prints what happened as one line of JSON.
-- PHASE is "warm" or "measure": they update different orders, so that each can foresee the versions it will find.

local shared = require("shared")

function init(args)
  math.randomseed(42)
  local subject = require(args[1])
  local phase = args[3]
  local work = subject[args[2]](shared, phase)
  local token = os.getenv("BENCH_TOKEN")
  if token then wrk.headers["Authorization"] = "Bearer " .. token end
  wrk.headers["Content-Type"] = "application/json"
  request = work
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '\n{"requests":%d,"durationUs":%d,"p50Us":%d,"p95Us":%d,"p99Us":%d,"refused":%d,"broken":%d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(95), latency:percentile(99),
    errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
