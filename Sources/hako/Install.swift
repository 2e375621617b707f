import CLinux
import Fault
import Linux

/// `hako install`: a systemd unit, for people who want the daemon managed.
enum Install {
    private static let unitPath = "/etc/systemd/system/hako.service"

    static func main(_ arguments: [String]) -> CInt {
        guard arguments.isEmpty else {
            write(
                "Usage: hako install\n\nWrites \(unitPath), so that systemd can run the engine.\n",
                to: arguments == ["--help"] ? STDOUT_FILENO : STDERR_FILENO)
            return arguments == ["--help"] ? 0 : 125
        }
        do {
            let unit = unit(program: try AutoStart.executable())
            try KernelFile.replace(unitPath, Array(unit.utf8), mode: 0o644)
        } catch {
            write("hako: \(error)\n", to: STDERR_FILENO)
            return 1
        }
        write("\(unitPath) is written. Next: systemctl daemon-reload && systemctl enable --now hako\n")
        return 0
    }

    /// `KillMode=process`: containers outlive the daemon. `Delegate`: their control groups are ours.
    static func unit(program: String) -> String {
        """
        [Unit]
        Description=Hakobune container engine
        After=network-online.target nftables.service
        Wants=network-online.target

        [Service]
        ExecStart=\(program) daemon
        ExecReload=/bin/kill -s HUP $MAINPID
        Restart=on-failure
        RestartSec=2
        LimitNOFILE=infinity
        TasksMax=infinity
        Delegate=yes
        KillMode=process

        [Install]
        WantedBy=multi-user.target

        """
    }
}
