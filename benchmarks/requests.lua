-- What wrk sends: the bodies of a file, one a line, in turn (POST, or another method); without a file GET. A third
-- argument makes each connection wait so many milliseconds before each request. Prints one line of JSON at the end.
local prepared = {}
local sent = 0

function init(args)
  if args[1] and args[1] ~= "" then
    for body in io.lines(args[1]) do
      prepared[#prepared + 1] = wrk.format(args[2], nil, nil, body)
    end
  else
    prepared[1] = wrk.format("GET")
  end
  if args[3] then
    local pause = tonumber(args[3])
    function delay()
      return pause
    end
  end
end

function request()
  sent = sent + 1
  return prepared[(sent - 1) % #prepared + 1]
end

function done(summary, latency, requests)
  local errors = summary.errors
  print(string.format(
    '\n{"requests": %d, "duration_us": %d, "refused": %d, "failed": %d, "p99_us": %d}',
    summary.requests, summary.duration, errors.status, errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(99)
  ))
end
