import CLinux
import Fault
import Linux
import Wire

/// Starts the daemon when a client needs it. One at a time, under a lock, and waits for the daemon's own word that it
/// listens: nothing polls.
enum AutoStart {
    static let runFolder = "/run/hako"
    static let socket = runFolder + "/docker.sock"
    private static let lock = runFolder + "/start.lock"
    private static let log = runFolder + "/daemon.log"
    /// How long a daemon may take until it listens, in milliseconds. Re-adopting a thousand containers stays below.
    private static let patience: CInt = 60_000
    /// What of the log is shown when the daemon dies, in bytes.
    private static let shownLog = 2_000

    static func ensureDaemon() throws {
        guard geteuid() == 0 else {
            throw Fault(
                .unavailable,
                "Cannot connect to the Docker daemon at unix://\(socket). Is the docker daemon running?\n"
                    + "Only root can start it: run `sudo hako docker info` once, or set DOCKER_HOST to another daemon.")
        }
        do {
            try makeFolder(runFolder)
            let guardFile = try OwnedDescriptor.open(lock, O_RDWR | O_CREAT, mode: 0o600)
            try kernel("flock", lock) { flock(guardFile.raw, LOCK_EX) }
            // Somebody else may have started it while we waited for the lock.
            if UnixSocket.answers(socket) { return }
            try start()
            guardFile.close()
        } catch let error as KernelError {
            throw Fault(.unavailable, "failed to start the daemon: \(error)", cause: error)
        }
    }

    static func makeFolder(_ path: String) throws(KernelError) {
        do { try kernel("mkdir", path) { mkdir(path, 0o711) } } catch  where error.errno == EEXIST {}
    }

    private static func start() throws {
        var ends: [CInt] = [-1, -1]
        try kernel("pipe2", "readiness") { pipe2(&ends, O_CLOEXEC) }
        let readEnd = OwnedDescriptor(taking: ends[0])
        let writeEnd = OwnedDescriptor(taking: ends[1])
        try spawn(readiness: writeEnd.raw)
        writeEnd.close()
        var state = pollfd(fd: readEnd.raw, events: Int16(POLLIN), revents: 0)
        let ready = try kernel("poll", "readiness") { poll(&state, 1, patience) }
        guard ready > 0 else {
            throw Fault(.unavailable, "the daemon doesn't listen after \(patience / 1_000) s; its log: \(log)")
        }
        let said = try readEnd.readToEnd(limit: 64)
        guard said.isEmpty else { return }
        throw Fault(.unavailable, "the daemon ended before it listened; its log, \(log), ends:\n\(tail())")
    }

    private static func tail() -> String {
        let text = (try? KernelFile.read(log)) ?? ""
        return String(text.suffix(shownLog))
    }

    /// In a session of its own, with nothing of ours but the readiness pipe, as descriptor 3.
    private static func spawn(readiness: CInt) throws {
        let output = try OwnedDescriptor.open(log, O_WRONLY | O_CREAT | O_TRUNC, mode: 0o600)
        let input = try OwnedDescriptor.open("/dev/null", O_RDONLY)
        let program = try executable()
        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        // High first, so that no source is overwritten before it is copied.
        let high = try OwnedDescriptor(taking: kernel("fcntl", "readiness") { hako_duplicate(readiness) })
        posix_spawn_file_actions_adddup2(&actions, high.raw, 3)
        posix_spawn_file_actions_adddup2(&actions, input.raw, STDIN_FILENO)
        posix_spawn_file_actions_adddup2(&actions, output.raw, STDOUT_FILENO)
        posix_spawn_file_actions_adddup2(&actions, output.raw, STDERR_FILENO)
        posix_spawn_file_actions_addchdir_np(&actions, "/")
        posix_spawn_file_actions_addclosefrom_np(&actions, 4)
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK))
        var child = pid_t()
        let words: [UnsafeMutablePointer<CChar>?] = [strdup("hako"), strdup("daemon"), nil]
        let variables: [UnsafeMutablePointer<CChar>?] =
            (environment() + ["\(Readiness.variable)=3"]).map { strdup($0) } + [nil]
        defer { (words + variables).forEach { free($0) } }
        let code = posix_spawn(&child, program, &actions, &attributes, words, variables)
        guard code == 0 else { throw KernelError(call: "posix_spawn", subject: program, errno: code) }
    }

    /// The daemon gets no settings of the client's docker by the way.
    private static func environment() -> [String] {
        var all: [String] = []
        var at = hako_environ()
        while let entry = at?.pointee {
            let text = String(cString: entry)
            if !text.hasPrefix("DOCKER_") { all.append(text) }
            at = at?.advanced(by: 1)
        }
        return all
    }

    static func executable() throws(KernelError) -> String {
        var target = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
        let length = try kernel("readlink", "/proc/self/exe") { readlink("/proc/self/exe", &target, Int(PATH_MAX)) }
        return String(decoding: target.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

/// How a daemon tells its starter that it listens: a word on an inherited pipe.
enum Readiness {
    static let variable = "HAKO_READY_FD"

    /// Once; without a starter that waits it does nothing.
    static func announce() {
        guard let text = getenv(variable).map({ String(cString: $0) }), let descriptor = CInt(text), descriptor > 2
        else { return }
        unsetenv(variable)
        write("ready\n", to: descriptor)
        close(descriptor)
    }
}
