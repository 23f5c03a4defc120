-- Load for wrk: wrk -s api.lua URL -- CALL API_KEY CUSTOMERS NONCE
-- Every request is a new action (a fresh Idempotency-Key) for a random customer, named by phone; or a read.

local threads = 0

function setup(thread)
  thread:set("number", threads)
  threads = threads + 1
end

local paths = {purchase = "/api/v1/purchases", redeem = "/api/v1/redemptions", lookup = "/api/v1/customers/lookup"}
local reads = {
  offers = "/api/v1/offers", rewards = "/api/v1/rewards", products = "/api/v1/products", purchases = "/api/v1/purchases",
  summary = "/api/v1/reports/summary", sales = "/api/v1/reports/sales"
}
local rests = {purchase = ',"amount":"12.50"', redeem = ',"points":10,"description":"Coffee"', lookup = ""}

function init(args)
  path, rest, read = paths[args[1]], rests[args[1]], reads[args[1]]
  customers, nonce, sent = tonumber(args[3]), args[4], 0
  headers = {["Content-Type"] = "application/json", ["Authorization"] = "Bearer " .. args[2]}
  math.randomseed(os.time() * 100 + number)
end

function request()
  if read then
    return wrk.format("GET", read, headers)
  end
  sent = sent + 1
  -- It begins at random, so that it falls anywhere in the index of keys, and ends as no other does.
  headers["Idempotency-Key"] = string.format("%08x-%s-%d-%d", math.random(0, 0x7fffffff), nonce, number, sent)
  local body = string.format('{"phone":"+994%09d"%s}', 500000000 + math.random(1, customers), rest)
  return wrk.format("POST", path, headers, body)
end

function done(summary, latency)
  local bad = summary.errors
  io.write(string.format(
    '\n{"requests":%d,"seconds":%f,"refused":%d,"broken":%d,"p50_ms":%f,"p95_ms":%f,"p99_ms":%f}\n',
    summary.requests, summary.duration / 1e6, bad.status, bad.connect + bad.read + bad.write + bad.timeout,
    latency:percentile(50) / 1e3, latency:percentile(95) / 1e3, latency:percentile(99) / 1e3))
end
