// Which ports `--top-ports N` means.
//
// Numbers and services are those of IANA's registry (Service Name and Transport Protocol Port Number Registry), and where a
// program never registered its port, those that its own documentation names as the default. The order is this project's:
// what serves the web, mail, shells, files and names first, then remote desktops, databases, management, and the defaults of
// programs that run in clusters and on developers' machines. It agrees in its first places with what public measurements of
// the Internet count most often on IPv4 (HTTP, HTTPS, TR-069 on 7547, SSH: see LZR, USENIX Security 2021, and the port
// statistics of public search engines), and claims no measured frequency beyond them. No other scanner's table was used.

/// The ports that are asked first where nobody says which.
public enum TopPorts {
  /// All of them, the likeliest first.
  public static let all: [UInt16] = [
    // The web, shells, mail, names and files.
    443, 80, 22, 7547, 8080, 8443, 21, 25, 53, 3389, 23, 587, 993, 995, 143, 110, 465, 445, 3306, 139,
    135, 5432, 8000, 8888, 5060, 2222, 8081, 111, 5900, 1723, 179, 81, 5000, 3000, 9000, 8008, 5985, 6379, 1433, 9090,
    27017, 9200, 8883, 1883, 554, 2082, 2083, 2086, 2087, 2095, 2096, 4567, 10000, 8089, 8090, 8181, 8880, 4443, 5001,
    // Directories, printing, remote management.
    389, 636, 88, 464, 3268, 3269, 5986, 623, 631, 9100, 515, 548, 2049, 873, 990, 989, 5222, 5269, 5223, 5061,
    1720, 1080, 3128, 8118, 1194, 500, 4500, 1701, 5357, 5040, 7680, 49152, 49153, 49154, 49155, 49156, 49157, 5555,
    5901, 5800,
    // Databases, queues and caches.
    1521, 1526, 3050, 50000, 5433, 6432, 33060, 9042, 7000, 7001, 8086, 8123, 9009, 5984, 6984, 7474, 7687, 28015,
    26257, 11211,
    11210, 8091, 9300, 5672, 5671, 15672, 4369, 25672, 61613, 61614, 61616, 8161, 9092, 9093, 2181, 4222, 8222, 6650,
    1414, 6380,
    16379, 26379, 27018, 27019, 2379, 2380, 8500, 8300, 8301, 8600, 8200, 4646, 4647,
    // Containers, clusters, monitoring.
    2375, 2376, 2377, 6443, 10250, 10255, 10256, 10257, 10259, 8472, 9443, 9091, 9094, 9115, 9104, 9187, 9121, 3100,
    4317, 4318, 16686, 14268, 9411, 8125, 10050, 10051, 5665, 5666, 199, 705, 24224, 5044, 5601, 9600, 12201, 514, 6514,
    601,
    // Programs of developers, of media and of homes.
    8082, 8083, 8084, 8085, 8087, 8088, 8444, 8983, 9001, 9002, 9080, 9999, 3001, 4000, 4200, 5173, 7070, 7071, 7077,
    7777,
    8001, 8002, 8009, 8010, 8069, 8096, 8112, 8140, 8172, 8280, 8333, 8800, 8834, 9050, 9418, 3690, 6881, 32400, 25565,
    1935, 8554, 37777, 34567, 5353, 62078, 6000, 6001, 6667, 6697, 1337, 4444, 502, 102, 20000, 44818, 47808, 2404,
    1911, 4911,
    // What is left of the old ones.
    79, 70, 113, 119, 563, 37, 13, 7, 9, 19, 17, 512, 513, 543, 544, 749, 444, 82, 83, 84,
    85, 888, 1024, 1025, 1026, 1027, 1028, 1029, 2000, 2001, 2002, 2121, 2323, 26, 106, 2525, 4190, 10443,
  ]

  /// So many of them, the likeliest first.
  public static func first(_ count: Int) -> [UInt16] { Array(all.prefix(max(count, 0))) }
}
