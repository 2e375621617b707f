@main struct Hako { static func main() { print("hako") } }
