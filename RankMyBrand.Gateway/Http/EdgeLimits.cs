using System.ComponentModel.DataAnnotations;
using System.Text;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;
using RankMyBrand.Gateway.Routing.Forwarding;

namespace RankMyBrand.Gateway.Http;

/// <summary>How large and how slow a request may be; section <c>Gateway:Limits</c>.</summary>
internal sealed class EdgeLimits
{
    public const string Section = "Gateway:Limits";

    /// <summary>The longest request line, URL included, in bytes; 8 KiB. Beyond it: 414.</summary>
    [Range(1024, 64 * 1024)]
    public int RequestLine { get; set; } = 8 * 1024;

    /// <summary>All headers together, in bytes; 32 KiB. Beyond it: 431.</summary>
    [Range(1024, 1024 * 1024)]
    public int Headers { get; set; } = 32 * 1024;

    /// <summary>How many headers; 100. Beyond it: 431.</summary>
    [Range(10, 1000)]
    public int HeaderCount { get; set; } = 100;

    /// <summary>How long the headers of a request may take to arrive; 10 s. Beyond it: 408.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:05:00")]
    public TimeSpan HeadersTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>The slowest body, in bytes a second after <see cref="BodyGrace"/>; 240. Beyond it: 408. 0 takes any.</summary>
    [Range(0, 1024 * 1024)]
    public int BodyRate { get; set; } = 240;

    /// <summary>How long a body may be slower than <see cref="BodyRate"/>; 5 s.</summary>
    [Range(typeof(TimeSpan), "00:00:01.001", "00:05:00")]
    public TimeSpan BodyGrace { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long an idle connection stays open; 130 s.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan KeepAlive { get; set; } = TimeSpan.FromSeconds(130);

    /// <summary>How many connections may be open at the same time; further ones are closed at once. 50,000.</summary>
    [Range(1, 1_000_000)]
    public int Connections { get; set; } = 50_000;

    /// <summary>Puts the limits into the server.</summary>
    internal sealed class Setup(IOptions<EdgeLimits> options) : IConfigureOptions<KestrelServerOptions>
    {
        public void Configure(KestrelServerOptions kestrel)
        {
            var (limits, server) = (options.Value, kestrel.Limits);
            server.MaxRequestLineSize = limits.RequestLine;
            server.MaxRequestHeadersTotalSize = limits.Headers;
            server.MaxRequestHeaderCount = limits.HeaderCount;
            // What no route of its own limits.
            server.MaxRequestBodySize = RoutePolicy.DefaultMaxBodySize;
            server.RequestHeadersTimeout = limits.HeadersTimeout;
            server.MinRequestBodyDataRate = limits.BodyRate == 0 ? null : new MinDataRate(limits.BodyRate, limits.BodyGrace);
            server.KeepAliveTimeout = limits.KeepAlive;
            // What services send beside ASCII passes as it came, byte for byte. To look for names that never have any would cost more.
            kestrel.ResponseHeaderEncodingSelector = static _ => Encoding.Latin1;
        }
    }
}
