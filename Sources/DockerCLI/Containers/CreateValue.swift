import CommandLine
import Glibc

/// Checks of single flags of `run` and `create`, with the original's complaints.
enum CreateValue {
    static func nanoCPUs(_ text: String) throws -> Int64 {
        guard let cpus = Double(text), cpus.isFinite else {
            throw FlagValueError("failed to parse \(text) as a rational number")
        }
        guard let exact = Int64(exactly: (cpus * 1e9).rounded()), abs(cpus * 1e9 - Double(exact)) < 1e-3 else {
            throw FlagValueError("value is too precise")
        }
        return exact
    }

    static func ulimit(_ text: String) throws -> Ulimit {
        guard let (name, values) = text.cut("=") else { throw FlagValueError("invalid ulimit argument: \(text)") }
        let known: Set<String> = [
            "core", "cpu", "data", "fsize", "locks", "memlock", "msgqueue", "nice", "nofile", "nproc", "rss", "rtprio",
            "rttime", "sigpending", "stack",
        ]
        guard known.contains(name) else { throw FlagValueError("invalid ulimit type: \(name)") }
        let parts = values.parts(":")
        guard parts.count <= 2 else {
            throw FlagValueError("too many limit value arguments - \(values), can only have up to two, `soft[:hard]`")
        }
        let numbers = try parts.map { part in
            guard let value = Int64(part) else {
                throw FlagValueError("strconv.ParseInt: parsing \(GoText.quote(part)): invalid syntax")
            }
            return value
        }
        let soft = numbers[0], hard = numbers.count > 1 ? numbers[1] : soft
        if hard != -1 {
            if soft == -1 {
                throw FlagValueError(
                    "ulimit soft limit must be less than or equal to hard limit: soft: -1 (unlimited), hard: \(hard)")
            }
            if soft > hard {
                throw FlagValueError("ulimit soft limit must be less than or equal to hard limit: \(soft) > \(hard)")
            }
        }
        return Ulimit(name: name, soft: soft, hard: hard)
    }

    private static func device(_ text: String) throws -> (String, String) {
        guard let (path, value) = text.cut(":"), !path.isEmpty else { throw FlagValueError("bad format: \(text)") }
        guard path.hasPrefix("/dev/") else { throw FlagValueError("bad format for device path: \(text)") }
        return (path, value)
    }

    static func deviceWeight(_ text: String) throws -> DeviceLimit {
        let (path, value) = try device(text)
        guard let weight = Int64(value), weight == 0 || (10...1000).contains(weight) else {
            throw FlagValueError("invalid weight for device: \(text)")
        }
        return DeviceLimit(path: path, value: weight)
    }

    static func deviceRate(_ text: String) throws -> DeviceLimit {
        let (path, value) = try device(text)
        guard let rate = Units.parseBinarySize(value) else {
            throw FlagValueError(
                "invalid rate for device: \(text). The correct format is <device-path>:<number>[<unit>]. Number must be a positive integer. Unit is optional and can be kb, mb, or gb"
            )
        }
        return DeviceLimit(path: path, value: rate)
    }

    static func deviceCount(_ text: String) throws -> DeviceLimit {
        let (path, value) = try device(text)
        guard let rate = Int64(value), rate >= 0 else {
            throw FlagValueError(
                "invalid rate for device: \(text). The correct format is <device-path>:<number>. Number must be a positive integer"
            )
        }
        return DeviceLimit(path: path, value: rate)
    }

    /// `c 1:* rmw`.
    @Sendable static func deviceRule(_ text: String) throws -> String {
        let words = text.split(separator: " ", omittingEmptySubsequences: false)
        func isNumber(_ part: Substring) -> Bool {
            part == "*" || (!part.isEmpty && part.allSatisfy { $0.isASCII && $0.isNumber })
        }
        guard words.count == 3, ["a", "b", "c"].contains(words[0]),
            case let numbers = words[1].split(separator: ":", omittingEmptySubsequences: false), numbers.count == 2,
            numbers.allSatisfy(isNumber), (1...3).contains(words[2].count), words[2].allSatisfy({ "rwm".contains($0) })
        else { throw FlagValueError("invalid device cgroup format '\(text)'") }
        return text
    }

    static func gpus(_ text: String) throws -> GPURequest {
        var request = GPURequest()
        var isCounted = false
        for field in CommaFields.split(text) {
            guard let (key, value) = field.cut("=") else {
                guard !isCounted else { throw FlagValueError("gpu request key 'count' can be specified only once") }
                request.count = try gpuCount(field)
                isCounted = true
                continue
            }
            switch key {
            case "driver": request.driver = value
            case "count":
                request.count = try gpuCount(value)
                isCounted = true
            case "device": request.devices = value.parts(",")
            case "capabilities": request.capabilities = value.parts(",") + ["gpu"]
            case "options":
                for option in value.parts(",") {
                    request.options[option.cut("=")?.0 ?? option] = option.cut("=")?.1 ?? ""
                }
            default: throw FlagValueError("unexpected key '\(key)' in '\(field)'")
            }
        }
        if request.count == 0, request.devices.isEmpty { request.count = 1 }
        return request
    }

    private static func gpuCount(_ text: String) throws -> Int {
        if text == "all" { return -1 }
        guard let count = Int(text) else {
            throw FlagValueError("invalid count (\(text)): value must be either \"all\" or an integer: invalid syntax")
        }
        return count
    }

    @Sendable static func label(_ text: String) throws -> String {
        guard text.first != "=", !text.isEmpty else { throw FlagValueError("invalid label '\(text)': empty name") }
        return text
    }

    /// A variable without a value takes the client's own; without one there either, the daemon is told the name alone.
    @Sendable static func variable(_ text: String) throws -> String {
        guard text.first != "=", !text.isEmpty else { throw FlagValueError("invalid environment variable: \(text)") }
        guard !text.contains("="), let value = getenv(text) else { return text }
        return "\(text)=\(String(cString: value))"
    }

    @Sendable static func stream(_ text: String) throws -> String {
        let name = text.lowercased()
        guard ["stdin", "stdout", "stderr"].contains(name) else {
            throw FlagValueError("valid streams are STDIN, STDOUT and STDERR")
        }
        return name
    }

    @Sendable static func address(_ text: String) throws -> String {
        guard isAddress(text) else { throw FlagValueError("IP address is not correctly formatted: \(text)") }
        return text
    }

    static func isAddress(_ text: String) -> Bool {
        var bytes = [UInt8](repeating: 0, count: 16)
        return inet_pton(AF_INET, text, &bytes) == 1 || inet_pton(AF_INET6, text, &bytes) == 1
    }

    @Sendable static func searchDomain(_ text: String) throws -> String {
        let domain = text.trimmed
        if domain == "." { return domain }
        let isGood =
            !domain.isEmpty && domain.count <= 253
            && domain.split(separator: ".").allSatisfy { part in
                part.count <= 63 && part.first != "-" && part.last != "-"
                    && part.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_") }
            }
        guard isGood else { throw FlagValueError("\(text) is not a valid domain") }
        return domain
    }

    /// `name:address` or `name=address`; kept with a colon.
    @Sendable static func extraHost(_ text: String) throws -> String {
        guard let (name, address) = text.cut("=") ?? text.cut(":"), !name.isEmpty else {
            throw FlagValueError("bad format for add-host: \"\(text)\"")
        }
        if address == "host-gateway" { return "\(name):\(address)" }
        let plain = address.hasPrefix("[") && address.hasSuffix("]") ? String(address.dropFirst().dropLast()) : address
        guard isAddress(plain) else { throw FlagValueError("invalid IP address in add-host: \"\(plain)\"") }
        return "\(name):\(plain)"
    }

    @Sendable static func link(_ text: String) throws -> String {
        guard !text.isEmpty else { throw FlagValueError("empty string specified for links") }
        guard text.parts(":").count <= 2 else { throw FlagValueError("bad format for links: \(text)") }
        return text
    }

    static func sysctl(_ text: String) throws -> (String, String) {
        let allowed: Set<String> = [
            "kernel.msgmax", "kernel.msgmnb", "kernel.msgmni", "kernel.sem", "kernel.shmall", "kernel.shmmax",
            "kernel.shmmni", "kernel.shm_rmid_forced",
        ]
        guard let (name, value) = text.cut("="),
            allowed.contains(name) || name.hasPrefix("net.") || name.hasPrefix("fs.mqueue.")
        else { throw FlagValueError("sysctl '\(text)' is not allowed") }
        return (name, value)
    }

    /// `no`, `on-failure[:max]`, `always`, `unless-stopped`; what the name may be is the daemon's to say.
    static func restartPolicy(_ text: String) throws -> (name: String, retries: Int) {
        guard let (name, count) = text.cut(":") else { return (text, 0) }
        guard let retries = Int(count) else {
            throw Failure("invalid restart policy format: maximum retry count must be an integer")
        }
        guard !name.isEmpty else { throw Failure("invalid restart policy format: no policy provided before colon") }
        return (name, retries)
    }

    static func isMACAddress(_ text: String) -> Bool {
        for separator in [":", "-"] as [Character] {
            let parts = text.split(separator: separator, omittingEmptySubsequences: false)
            if parts.count == 6, parts.allSatisfy({ $0.count == 2 && $0.allSatisfy(\.isHexDigit) }) { return true }
        }
        return false
    }
}

/// Comma-separated fields with CSV quotes, as `--mount` and `--network` take them.
enum CommaFields {
    static func split(_ text: String) -> [String] {
        var fields: [String] = [], current = "", isQuoted = false
        for character in text {
            if character == "\"" {
                isQuoted.toggle()
            } else if character == ",", !isQuoted {
                fields.append(current)
                current = ""
            } else {
                current.append(character)
            }
        }
        return fields + [current]
    }
}
