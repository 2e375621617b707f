import CommandLine

extension CommandTree {
    static func cp() -> DockerCommand { absentCommand("cp", "copying files is not in this build") }
}
