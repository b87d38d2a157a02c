using System.Net;
using System.Net.Security;
using System.Net.Sockets;

namespace StackExchange.Redis;

/// <summary>Opens sockets, with TLS where the options ask for it.</summary>
internal static class Transport
{
    public static async Task<Stream> OpenAsync(
        EndPoint endPoint, ConnectionType type, ConfigurationOptions options, CancellationToken cancellationToken)
    {
        var socket = endPoint is UnixDomainSocketEndPoint
            ? new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
            : new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (endPoint is not UnixDomainSocketEndPoint)
            {
                socket.NoDelay = true;
                if (options.TcpKeepAlive) socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
            }
            options.BeforeSocketConnect?.Invoke(endPoint, type, socket);
            await socket.ConnectAsync(endPoint, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
        var stream = new NetworkStream(socket, ownsSocket: true);
        return options.Ssl ? await SecureAsync(stream, endPoint, options, cancellationToken).ConfigureAwait(false) : stream;
    }

    private static async Task<Stream> SecureAsync(
        Stream inner, EndPoint endPoint, ConfigurationOptions options, CancellationToken cancellationToken)
    {
        var host = options.SslHost ?? (endPoint switch
        {
            DnsEndPoint dns => dns.Host,
            IPEndPoint ip => ip.Address.ToString(),
            _ => "",
        });
        var secure = new SslStream(inner, leaveInnerStreamOpen: false);
        try
        {
            var own = options.SslClientAuthenticationOptions?.Invoke(host) ?? Standard(host, options);
            await secure.AuthenticateAsClientAsync(own, cancellationToken).ConfigureAwait(false);
            return secure;
        }
        catch
        {
            await secure.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private static SslClientAuthenticationOptions Standard(string host, ConfigurationOptions options) => new()
    {
        TargetHost = host,
        EnabledSslProtocols = options.SslProtocols ?? System.Security.Authentication.SslProtocols.None,
        CertificateRevocationCheckMode = options.CheckCertificateRevocation
            ? System.Security.Cryptography.X509Certificates.X509RevocationMode.Online
            : System.Security.Cryptography.X509Certificates.X509RevocationMode.NoCheck,
        RemoteCertificateValidationCallback = options.ValidateCertificate,
        LocalCertificateSelectionCallback = options.SelectCertificate,
    };
}
