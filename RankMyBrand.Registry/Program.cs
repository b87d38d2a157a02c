using RankMyBrand.Registry.Dependencies;
using RankMyBrand.ServiceDefaults.Startup;

StartupFaults.ReportUnhandled();
var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults();
builder.AddEventBus();
builder.AddMigrations();
builder.AddDependencyChecks();

var app = builder.Build();
app.MapDefaultEndpoints();
await app.RunAsync();
