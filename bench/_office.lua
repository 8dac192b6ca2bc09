-- wrk's script: ask for the visits in turn (`visits` and `pause` are put before this file).
local turn = 0

function request()
  turn = turn % #visits + 1
  return wrk.format("GET", visits[turn][1], { Cookie = visits[turn][2], ["Accept-Encoding"] = "gzip" })
end

-- Milliseconds between an answer and the next request: no two users keep step.
function delay()
  return math.random(0, 2 * pause)
end

function done(summary, latency, requests)
  io.write(string.format("p95 %f ms\n", latency:percentile(95) / 1000))
end
