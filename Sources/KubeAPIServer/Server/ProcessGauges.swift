import Glibc

/// What the kernel says of this process, under the names that Prometheus' clients give it.
enum ProcessGauges {
    /// Nothing where `/proc` can't be read.
    static func read() -> [RequestMetrics.Gauge] {
        guard let own = words("/proc/self/stat"), own.count > 21, let ticks = positive(sysconf(CInt(_SC_CLK_TCK))),
            let page = positive(sysconf(CInt(_SC_PAGESIZE)))
        else { return [] }
        // From the state on, which is the third field (proc(5)).
        func field(_ number: Int) -> Double { Double(own[number - 3]) ?? 0 }
        var gauges = [
            gauge("process_cpu_seconds_total", "CPU time, user's and system's, in seconds.", isCounter: true)(
                (field(14) + field(15)) / ticks),
            gauge("process_resident_memory_bytes", "Memory in RAM, in bytes.")(field(24) * page),
            gauge("process_virtual_memory_bytes", "Address space, in bytes.")(field(23)),
        ]
        if let boot = bootTime {
            gauges.append(
                gauge("process_start_time_seconds", "When it began, in seconds since 1970.")(boot + field(22) / ticks))
        }
        return gauges
    }

    private static func gauge(_ name: String, _ help: String, isCounter: Bool = false) -> (Double)
        -> RequestMetrics.Gauge
    {
        { RequestMetrics.Gauge(name: name, help: help, isCounter: isCounter, label: "", values: [("", $0)]) }
    }

    private static func positive(_ value: Int) -> Double? { value > 0 ? Double(value) : nil }

    /// The words behind the program's name, which may hold spaces itself.
    private static func words(_ path: String) -> [Substring]? {
        guard let text = Self.text(path), let end = text.lastIndex(of: ")") else { return nil }
        return text[text.index(after: end)...].split(separator: " ")
    }

    /// When the machine began, in seconds since 1970.
    private static var bootTime: Double? {
        text("/proc/stat")?.split(separator: "\n").first { $0.hasPrefix("btime ") }
            .flatMap { Double($0.dropFirst("btime ".count)) }
    }

    private static func text(_ path: String) -> String? {
        (try? PrivateFile.read(path)).flatMap { $0 }.map { String(decoding: $0, as: UTF8.self) }
    }
}
