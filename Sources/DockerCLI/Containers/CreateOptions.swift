/// What `run` and `create` were asked for, as it was typed, checked flag by flag.
struct CreateOptions: Sendable {
    var addHosts: [String] = []
    var annotations: [String] = []
    var attach: [String] = []
    var blkioWeight = 0
    var blkioWeightDevices: [DeviceLimit] = []
    var capAdd: [String] = [], capDrop: [String] = []
    var cgroupParent = "", cgroupNamespace = ""
    var idFile = ""
    var cpuCount = 0, cpuPercent = 0, cpuPeriod = 0, cpuQuota = 0, cpuRealtimePeriod = 0, cpuRealtimeRuntime = 0
    var cpuShares = 0
    /// Billionths of a CPU.
    var nanoCPUs: Int64 = 0
    var cpusetCPUs = "", cpusetMems = ""
    var devices: [String] = [], deviceRules: [String] = []
    var readBps: [DeviceLimit] = [], readIOps: [DeviceLimit] = []
    var writeBps: [DeviceLimit] = [], writeIOps: [DeviceLimit] = []
    var dns: [String] = [], dnsOptions: [String] = [], dnsSearch: [String] = []
    var domainName = "", hostname = ""
    /// Nil: not given; an empty text resets the image's.
    var entrypoint: String?
    var environment: [String] = [], environmentFiles: [String] = []
    var expose: [String] = []
    var gpus: [GPURequest] = []
    var groupAdd: [String] = []
    var health = HealthOptions()
    var initProcess: Bool?
    var interactive = false, tty = false
    var ioMaxBandwidth: Int64 = 0, ioMaxIOps = 0
    var ip = "", ip6 = "", linkLocalIPs: [String] = []
    var ipc = "", pid = "", uts = "", userns = "", isolation = ""
    var kernelMemory: Int64 = 0, memory: Int64 = 0, memoryReservation: Int64 = 0, memorySwap: Int64 = 0
    var swappiness = -1
    var labels: [String] = [], labelFiles: [String] = []
    var links: [String] = []
    var logDriver = "", logOptions: [String] = []
    var macAddress = ""
    var mounts: [MountSpec] = []
    var networks: [NetworkSpec] = [], networkAliases: [String] = []
    var oomKillDisable = false, oomScoreAdjustment = 0, pidsLimit = 0
    var privileged = false, publishAll = false, readOnly = false, autoRemove = false
    var publish: [String] = []
    var restart = "no"
    var runtime = ""
    var securityOptions: [String] = []
    var shmSize: Int64 = 0
    var stopSignal = "", stopTimeout: Int?
    var storageOptions: [String] = []
    var sysctls: [(String, String)] = []
    var tmpfs: [String] = []
    var ulimits: [Ulimit] = []
    var user = "", workingDirectory = ""
    var volumes: [String] = [], volumeDriver = "", volumesFrom: [String] = []

    // What concerns the making of the container rather than the container.
    var name = "", platform = "", pull = "missing"
    var quiet = false
    // `run` alone.
    var detach = false, signalProxy = true, detachKeys = ""
}

struct HealthOptions: Sendable {
    var command = ""
    /// Nanoseconds.
    var interval: Int64 = 0, timeout: Int64 = 0, startPeriod: Int64 = 0, startInterval: Int64 = 0
    var retries = 0
    var isOff = false

    var isAnySet: Bool {
        !command.isEmpty || interval != 0 || timeout != 0 || startPeriod != 0 || startInterval != 0 || retries != 0
    }
}

/// A limit for one block device: `/dev/sda:1mb`.
struct DeviceLimit: Sendable, Equatable {
    var path: String
    /// Bytes or operations per second, or a weight.
    var value: Int64
}

/// `nofile=1024:2048`; -1 is no limit.
struct Ulimit: Sendable, Equatable {
    var name: String
    var soft: Int64, hard: Int64
}

/// `--gpus`: how many (-1: all), or which.
struct GPURequest: Sendable, Equatable {
    var count = 0
    var driver = ""
    var devices: [String] = []
    var capabilities = ["gpu"]
    var options: [String: String] = [:]
}
