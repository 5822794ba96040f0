package io.faultline.fs;

import io.faultline.events.Topics;
import io.faultline.fs.above.FilesystemController;
import io.faultline.fs.above.FsGateway;
import io.faultline.fs.above.ImpactController;
import io.faultline.fs.above.ImportController;
import io.faultline.fs.above.Mounts;
import io.faultline.fs.above.ProcessController;
import io.faultline.fs.below.BlockDevices;
import io.faultline.fs.below.Upward;
import io.faultline.fs.core.FsCommand;
import io.faultline.fs.core.FsCore;
import io.faultline.fs.core.FsFact;
import io.faultline.fs.core.FsState;
import io.faultline.runtime.LayerDefinition;
import io.faultline.runtime.LayerHost;
import io.faultline.runtime.LayerHosts;
import io.faultline.runtime.SealedCodec;
import io.faultline.runtime.ServiceUrls;
import io.faultline.runtime.access.AccessRules;
import io.faultline.runtime.access.ServiceCalls;
import io.faultline.runtime.http.BodyLimit;
import java.util.List;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/**
 * The filesystem layer's beans. All four services may live in one context, so names begin with fs.
 */
@Configuration(proxyBeanMethods = false)
public class FsServiceConfiguration {

  /** The layer's name in topics and metrics. */
  static final String LAYER = "fs";

  /** The core and how its commands and facts are written. */
  public static LayerDefinition<FsState, FsCommand, FsFact> layer() {
    return new LayerDefinition<>(
        LAYER,
        new FsCore(),
        new SealedCodec<>(FsCommand.class),
        new SealedCodec<>(FsFact.class),
        List.of(Topics.DEVICE_EVENTS, Topics.DM_EVENTS));
  }

  @Bean
  LayerHost<FsCommand> fsLayerHost(LayerHosts hosts) {
    return hosts.host(layer());
  }

  @Bean
  FsGateway fsGateway(LayerHost<FsCommand> fsLayerHost) {
    return fsLayerHost.gateway()::send;
  }

  @Bean
  BlockDevices fsBlockDevices(ServiceUrls urls, ServiceCalls calls) {
    return new BlockDevices(urls, calls);
  }

  @Bean
  Upward fsUpward(ServiceUrls urls, ServiceCalls calls) {
    return new Upward(urls, calls);
  }

  @Bean
  Mounts fsMounts(FsGateway fsGateway, BlockDevices fsBlockDevices) {
    return new Mounts(fsGateway, fsBlockDevices);
  }

  @Bean
  FilesystemController fsFilesystemController(Mounts fsMounts, FsGateway fsGateway) {
    return new FilesystemController(fsMounts, fsGateway);
  }

  @Bean
  ImportController fsImportController(FsGateway fsGateway) {
    return new ImportController(fsGateway);
  }

  @Bean
  ProcessController fsProcessController(FsGateway fsGateway) {
    return new ProcessController(fsGateway);
  }

  @Bean
  ImpactController fsImpactController(
      FsGateway fsGateway, BlockDevices fsBlockDevices, Upward fsUpward) {
    return new ImpactController(fsGateway, fsBlockDevices, fsUpward);
  }

  @Bean
  AccessRules fsAccessRules() {
    return FsAccess.rules();
  }

  /** A dump may have gigabytes: it is read line by line, and the layer bounds what it keeps. */
  @Bean
  BodyLimit fsFsmapBodyLimit() {
    return new BodyLimit("PUT", "/v1/hosts/{host}/filesystems/{filesystem}/fsmap", Long.MAX_VALUE);
  }

  @Bean
  BodyLimit fsPathsBodyLimit() {
    return new BodyLimit("PUT", "/v1/hosts/{host}/filesystems/{filesystem}/paths", Long.MAX_VALUE);
  }
}
