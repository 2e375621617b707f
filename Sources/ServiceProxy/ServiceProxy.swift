/// Services' addresses to pods, by nftables maps.
enum ServiceProxy {}
