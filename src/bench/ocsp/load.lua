-- wrk's requests, in rotation: MODE is get, post or path; LIST is what Requests.java wrote, or for path a path a line.
local mode, list = os.getenv("MODE"), os.getenv("LIST")
local requests, at = {}, 0
local headers = { ["Content-Type"] = "application/ocsp-request" }

function init()
    for line in io.lines(list) do
        local path, hex = line:match("^(%S+) (%S+)$")
        if mode == "get" then
            requests[#requests + 1] = wrk.format("GET", (os.getenv("PREFIX") or "/ocsp") .. "/" .. path)
        elseif mode == "post" then
            local body = hex:gsub("..", function(octet) return string.char(tonumber(octet, 16)) end)
            requests[#requests + 1] = wrk.format("POST", os.getenv("PREFIX") or "/ocsp", headers, body)
        else
            requests[#requests + 1] = wrk.format("GET", line)
        end
    end
end

function request()
    at = at % #requests + 1
    return requests[at]
end

function done(summary, latency)
    local errors = summary.errors
    io.write(string.format("figures %.1f %.3f %.3f %d\n", summary.requests / (summary.duration / 1e6),
        latency:percentile(50) / 1000, latency:percentile(99) / 1000,
        errors.status + errors.read + errors.write + errors.timeout))
end
