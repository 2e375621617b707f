/// The loops that make the cluster match what is declared: a folder a controller.
enum Controllers {}
