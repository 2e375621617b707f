import CLinux

/// The tests' own static workload: one program that is a container's whole image. `probe VERB ARGUMENT…`; an unknown
/// verb ends with 64. What it finds it prints, a fact a line.
@_cdecl("probe_main")
public func entry(_ argc: Int32, _ argv: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Int32 {
    setvbuf(hako_stdout(), nil, _IONBF, 0)
    var words: [String] = []
    for index in 1..<max(1, Int(argc)) {
        if let word = argv[index] { words.append(String(cString: word)) }
    }
    guard !words.isEmpty else { return 64 }
    let verb = words.removeFirst()
    switch true {
    case verb.matches("exit"): return Int32(number(words, 0))
    case verb.matches("echo"): return echo(words)
    case verb.matches("cat"): return cat(words)
    case verb.matches("sleep"):
        sleep(UInt32(number(words, 0)))
        return 0
    case verb.matches("env"): return environment()
    case verb.matches("isatty"): return terminal()
    case verb.matches("lines"): return lines(number(words, 0), number(words, 1))
    case verb.matches("memhog"): return hog(number(words, 0))
    case verb.matches("sigwait"): return waitForSignal()
    case verb.matches("ids"): return ids()
    case verb.matches("mounts"): return cat(["/proc/self/mountinfo"])
    case verb.matches("fds"): return descriptors()
    case verb.matches("seccomp-try"): return trySystemCall(number(words, 0))
    case verb.matches("write"): return write(words)
    case verb.matches("stat"): return status(words)
    case verb.matches("orphan"): return orphan()
    case verb.matches("serve"): return serve(UInt16(number(words, 0)))
    case verb.matches("datagrams"): return receiveDatagrams(UInt16(number(words, 0)))
    case verb.matches("session"): return session()
    default:
        say("unknown verb " + verb)
        return 64
    }
}

extension String {
    func matches(_ other: StaticString) -> Bool {
        utf8.count == other.utf8CodeUnitCount
            && utf8.elementsEqual(UnsafeBufferPointer(start: other.utf8Start, count: other.utf8CodeUnitCount))
    }
}

func number(_ words: [String], _ index: Int) -> Int {
    guard index < words.count else { return 0 }
    var value = 0
    for byte in words[index].utf8 where byte >= 48 && byte <= 57 { value = value &* 10 &+ Int(byte) - 48 }
    return value
}

func text(_ number: Int) -> String {
    if number < 0 { return "-" + text(-number) }
    let rest = number / 10, digit = String(decoding: [UInt8(48 + number % 10)], as: UTF8.self)
    return rest == 0 ? digit : text(rest) + digit
}

func put(_ bytes: [UInt8], to descriptor: Int32 = 1) {
    var offset = 0
    while offset < bytes.count {
        let count = bytes.withUnsafeBytes {
            CLinux.write(descriptor, $0.baseAddress.map { $0 + offset }, bytes.count - offset)
        }
        if count <= 0 { return }
        offset += count
    }
}

func say(_ line: String) { put(Array((line + "\n").utf8)) }

func failed(_ what: String) -> Int32 {
    let code = hako_errno()
    say(what + ": errno " + text(Int(code)))
    return 1
}

/// `echo TEXT…`: to stdout; `echo -e TEXT…`: to stderr.
private func echo(_ words: [String]) -> Int32 {
    let toError = words.first?.matches("-e") ?? false
    var line = ""
    for word in toError ? Array(words.dropFirst()) : words { line += (line.utf8.isEmpty ? "" : " ") + word }
    put(Array((line + "\n").utf8), to: toError ? 2 : 1)
    return 0
}

/// `cat`: stdin; `cat PATH…`: the files.
private func cat(_ words: [String]) -> Int32 {
    for path in words.isEmpty ? ["/dev/stdin"] : words {
        let file = words.isEmpty ? 0 : hako_open(path, O_RDONLY, 0)
        guard file >= 0 else { return failed(path) }
        var space = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = read(file, &space, space.count)
            if count < 0 { return failed(path) }
            if count == 0 { break }
            put(Array(space[0..<count]))
        }
    }
    return 0
}

private func environment() -> Int32 {
    var entry = hako_environment()
    while let word = entry?.pointee {
        say(String(cString: word))
        entry = entry?.advanced(by: 1)
    }
    return 0
}

/// `lines COUNT BYTES`: lines of that many bytes, newline included.
private func lines(_ count: Int, _ bytes: Int) -> Int32 {
    let line = [UInt8](repeating: 0x61, count: max(bytes - 1, 0)) + [10]
    var block: [UInt8] = []
    let inBlock = max(1, (64 << 10) / line.count)
    for _ in 0..<inBlock { block += line }
    var left = count
    while left >= inBlock {
        put(block)
        left -= inBlock
    }
    for _ in 0..<left { put(line) }
    return 0
}

/// `memhog MIB`: takes and touches that much, then ends.
private func hog(_ mebibytes: Int) -> Int32 {
    for done in 0..<mebibytes {
        guard let space = mmap(nil, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
            Int(bitPattern: space) != -1
        else { return failed("mmap after " + text(done)) }
        memset(space, 1, 1 << 20)
    }
    say("held " + text(mebibytes))
    return 0
}

/// Says "ready", then the number of the first signal that comes, and ends with it.
private func waitForSignal() -> Int32 {
    var all = sigset_t()
    sigfillset(&all)
    sigprocmask(SIG_BLOCK, &all, nil)
    say("ready")
    var information = siginfo_t()
    let number = sigwaitinfo(&all, &information)
    say("signal " + text(Int(number)))
    return number
}

private func descriptors() -> Int32 {
    for descriptor in Int32(0)..<1024 where hako_fcntl(descriptor, F_GETFD, 0) >= 0 { say(text(Int(descriptor))) }
    return 0
}

/// `seccomp-try NUMBER`: the system call with zeros; prints its errno.
private func trySystemCall(_ number: Int) -> Int32 {
    hako_set_errno(0)
    let result = hako_syscall(number)
    say(result == -1 ? "errno " + text(Int(hako_errno())) : "result " + text(result))
    return 0
}

/// `write PATH TEXT`.
private func write(_ words: [String]) -> Int32 {
    guard words.count > 1 else { return 64 }
    let file = hako_open(words[0], O_WRONLY | O_CREAT, 0o644)
    guard file >= 0 else { return failed(words[0]) }
    let bytes = Array(words[1].utf8)
    guard CLinux.write(file, bytes, bytes.count) == bytes.count else { return failed(words[0]) }
    say("written")
    return 0
}
